"""The pages that a run and a simulation leave: figures, and one self-contained HTML file."""
