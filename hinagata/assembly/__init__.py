"""A cloud assembly (`cdk.out`): made by the user's app, and read."""
