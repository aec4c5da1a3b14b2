"""What `lineament report` is made of: labelled photos in, rates with intervals and a page out."""
