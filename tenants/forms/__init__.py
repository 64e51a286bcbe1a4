"""What the pages of tenancy take in, a file for each page."""
