"""The dialog that takes data from outside in: fields, preview, what is refused."""
