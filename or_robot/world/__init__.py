"""Map, costmap layers and zones to a world snapshot."""
