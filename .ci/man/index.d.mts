/** File name to text, of every page. */
export function manualPages(): Promise<Map<string, string>>;
