"""The work of the scanner's runs."""
