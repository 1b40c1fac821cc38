"""Who somebody is: persons, names, invitations, and the agents granted to them."""
