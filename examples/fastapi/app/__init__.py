"""A service beside Hallpass: the notes of people who signed in there."""
