"""Cars report and are commanded; services hear of it and act."""
