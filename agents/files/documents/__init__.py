"""The text of documents: PDF, Word, Excel, PowerPoint and notebooks, taken out in a process of its own."""
