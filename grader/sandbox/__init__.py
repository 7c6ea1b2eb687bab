"""The trust boundary: values on a wire, the untrusted side, the trusted side, and the walls between them."""
