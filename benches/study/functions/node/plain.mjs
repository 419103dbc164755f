// Replies with the event. A module of its own, which does not load the AWS SDK.
export const wave = async (event) => event;
