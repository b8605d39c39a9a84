"""The airgap bundle: what goes in, how it is packed, checked, split and taken apart."""
