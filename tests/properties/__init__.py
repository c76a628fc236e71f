"""What must always hold (DESIGN §8), over random definitions and random things that happen to them."""
