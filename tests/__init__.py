"""The tests, by what they cost: house, workbench, functions, synth, emulator."""
