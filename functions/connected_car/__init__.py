"""The connected car platform: cars report and are commanded; services hear of it and act."""
