"""The files of a capability as values, read whole from a folder or an archive or refused whole, never unpacked."""
