"""Pictures of a topology at pattern level: laid out, and written as SVG, Mermaid, dot or text."""
