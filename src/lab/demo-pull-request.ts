/** The demo's last chapter: a change on a branch of its own, and what its pull request is told before anybody merges it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inClone, insist, type Play } from './demo-play.ts';

const BRANCH = 'spring-clean';
const GUEST = `---
apiVersion: netloom.dev/v1
kind: Interface
metadata: {name: web-3, namespace: bakery}
spec: {network: shop, node: n1, attach: {netns: {name: bakery-web-3}}}
`;

/** Opens it, and shows its comment as the workflow of the example would post it. */
export async function pullRequest(play: Play): Promise<void> {
  const [first = ''] = play.nodes;
  play.stage.chapter('A pull request: what would merging do, on every node? Nobody asks a kernel, and nothing is changed.');
  await inClone(play, async (git, folder) => {
    await git('checkout', '--quiet', '-b', BRANCH);
    await git('rm', '--quiet', 'namespaces/museum/networks/gallery.yaml', 'namespaces/museum/interfaces/gallery.yaml');
    const guests = join(folder, 'namespaces/bakery/interfaces/shop.yaml');
    writeFileSync(guests, readFileSync(guests, 'utf8') + GUEST);
    await git('commit', '--quiet', '-am', 'The gallery closes; the bakery gets a third web server');
    await git('push', '--quiet', 'origin', BRANCH);
    play.stage.shown(`git checkout -b ${BRANCH} && … && git push origin ${BRANCH}`, '');
    const { stdout, stderr, exitCode } = await play.quietly(first, ['netloom', 'plan', '--all-nodes', '--local', folder, '--head', 'HEAD', '-o', 'markdown']);
    if (exitCode !== 0) throw new Error(`netloom plan --all-nodes ended with ${exitCode}: ${stderr}`);
    const [top = '', ...folded] = stdout.split('\n<details>');
    play.stage.shown('netloom plan --all-nodes -o markdown', `${top.trimEnd()}\n\n… ${folded.length} folded sections`);
    insist(/cut\*\*: `Network museum\/gallery` \(removed\)/.test(stdout), play, 'it says whose connections would be cut, and how');
    insist(stdout.includes('192.168.0.6'), play, 'and which address the new guest would get');
  });
}
