"""Jobs: submitted, claimed, performed, settled; their events and their cancellation."""
