"""One module and one template for each page; the folder is the list."""
