"""What the pages of the calls floor may be asked, a file for each of `views`."""
