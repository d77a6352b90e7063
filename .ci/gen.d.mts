/** The checked-in types as they should be: path below the root, text. */
export function generatedTypes(root?: string): Promise<Map<string, string>>;
