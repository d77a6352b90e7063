/** Paths that a packaged netloom uses. */
export const DEFAULT_CONFIG_PATH = '/etc/netloom/node.yaml';
