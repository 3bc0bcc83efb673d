"""What all apps share: the DRF parts without models."""
