"""The operating-room panel: Flask, one blueprint a feature; it reaches the suite over the link."""
