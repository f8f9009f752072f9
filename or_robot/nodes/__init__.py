"""rclpy nodes: subscribe, call a library, publish."""
