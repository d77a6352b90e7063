/** How many requests a pass makes that finds nothing new: counted by a git server in front of `git http-backend`. */
export async function pullWithNothingNew() {}
