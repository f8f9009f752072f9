"""The OR panel: Flask app, one blueprint a feature."""
