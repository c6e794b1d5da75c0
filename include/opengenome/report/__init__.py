"""What people look at: figures and pages made of the proven tables."""
