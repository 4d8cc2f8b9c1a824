/** A mistake of the user; `message` is one clear sentence for them. Everything else that is thrown is a bug. */
export class UserError extends Error {}
