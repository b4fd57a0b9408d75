"""What travels between county and tablet: device cards, assignments, survey packages, receipts."""
