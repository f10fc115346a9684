"""The rules inside the patches, without an emulator."""
