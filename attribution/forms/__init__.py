"""What the pages of attribution may be asked, a file for each of `views`."""
