"""For whoever runs the survey: is it well, what does it do, is it backed up."""
