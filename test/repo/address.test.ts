import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseAddress, withoutSecrets } from '../../src/repo/address.ts';
import { openRepo } from '../../src/repo/open.ts';

test.each([
  ['https://git.example.org/team/networks.git', 'http', 'https://git.example.org/team/networks.git'],
  ['http://127.0.0.1:3000/repo.git/', 'http', 'http://127.0.0.1:3000/repo.git'],
  ['ssh://git@git.example.org:2222/team/networks.git', 'ssh', 'ssh://git@git.example.org:2222/team/networks.git'],
  ['git@git.example.org:team/networks.git', 'ssh', 'git@git.example.org:team/networks.git'],
  ['git.example.org:networks', 'ssh', 'git.example.org:networks'],
  ['git@[2001:db8::1]:networks', 'ssh', 'git@[2001:db8::1]:networks'],
])('%s is spoken to by %s', (url, kind, shown) => {
  expect(parseAddress(url)).toEqual({ kind, url: shown });
});

test.each([
  ['/srv/git/networks.git', '/srv/git/networks.git'],
  ['file:///srv/git/net%20works.git', '/srv/git/net works.git'],
  ['./networks', join(process.cwd(), 'networks')],
  ['../networks', join(process.cwd(), '..', 'networks')],
])('%s is a path', (url, path) => {
  expect(parseAddress(url)).toEqual({ kind: 'path', url, path });
});

describe('a secret in a url is refused and not shown:', () => {
  test.each([
    'https://robot:hunter2@git.example.org/a.git',
    'https://hunter2@git.example.org/a.git',
    'http://:hunter2@git.example.org/a.git',
    'https://git.example.org/a.git?private_token=hunter2',
    'https://git.example.org/a.git#hunter2',
    'ssh://git:hunter2@git.example.org/a.git',
    'https://robot:hunter2@git.example.org:notaport/a.git',
    'https://robot:hunter2/slash@git.example.org/a.git',
    'ssh://git:hunter2/slash@git.example.org/a.git',
  ])('%s', url => {
    const error = thrown(() => parseAddress(url));
    expect(error).toMatchObject({ name: 'RepoError', code: 'unsupported-url', message: expect.stringMatching(/repo\.auth|write it as/) as string });
    expect(inspect(error)).not.toContain('hunter2');
  });
});

test.each([
  ['', 'set repo.url'],
  ['git://git.example.org/a.git', 'use https://'],
  ['ftp://git.example.org/a.git', 'use https://'],
  ['ext::sh -c whoami', 'for a path write'],
  ['--upload-pack=touch /tmp/x', 'as git clone takes it'],
  ['ssh://-oProxyCommand=x/a', 'write ssh://git@host/path'],
  ['-oProxyCommand=x:a', 'as git clone takes it'],
  ['file://host/a.git', 'file:///path'],
  ['github.com/team/networks', 'did you mean https://github.com/team/networks?'],
  ['~/networks', 'write the whole path'],
  ['networks', 'for a path write ./networks'],
  ['https://', 'scheme://host/path'],
  ['https://git.example.org/a\nb', 'as git clone takes it'],
])('%s is refused with the hint %s', (url, hint) => {
  expect(() => openRepo({ url, dir: '/nonexistent' })).toThrow(
    expect.objectContaining({ code: 'unsupported-url', message: expect.stringContaining(hint) as string }) as Error,
  );
});

test('credentials that the transport cannot show are refused at once', () => {
  const fails = { name: 'RepoError', code: 'unauthorized', message: expect.stringContaining('set repo.auth.type to') as string };
  expect(thrown(() => openRepo({ url: 'git@h:a', dir: '/nonexistent', auth: { token: 'x' } }))).toMatchObject(fails);
  expect(thrown(() => openRepo({ url: 'https://h/a', dir: '/nonexistent', auth: { sshKey: '/k' } }))).toMatchObject(fails);
});

test('an @ in the path is no user', () => {
  expect(parseAddress('https://git.example.org/@team/networks')).toEqual({ kind: 'http', url: 'https://git.example.org/@team/networks' });
});

test('what may be shown of a url has no user information, query or fragment', () => {
  expect(withoutSecrets('https://u:p@h:1/a?b#c')).toBe('https://h:1/a');
  expect(withoutSecrets('ssh://git:p@h/a')).toBe('ssh://git@h/a');
  expect(withoutSecrets('git@h:a')).toBe('git@h:a');
});

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
