"""The protocol over sockets: messages, the host that speaks it, and its clients."""
