"""What benches and fits are made of: measuring sets, labels, scores, worse copies."""
