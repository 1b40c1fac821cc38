"""The roof: builds everything, owns the bus, routes and serves HTTP."""
