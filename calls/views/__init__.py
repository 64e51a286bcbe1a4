"""The pages of the calls floor, a file each; every one stands behind the one gate."""
