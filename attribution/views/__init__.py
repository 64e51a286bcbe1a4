"""The pages of attribution, a file each; every one stands behind the one gate."""
