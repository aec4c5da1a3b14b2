"""What is allowed, who is cut off, and who answers for what was done."""
