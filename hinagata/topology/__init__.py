"""What a synthesized assembly or a template says about its resources, as a graph."""
