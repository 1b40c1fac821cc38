"""What is done beside messages: old files, the shared folder, proofs, what channels cannot do."""
