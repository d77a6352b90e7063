/** Whether a default gateway answers: by an echo, by ARP where it answers none, and never by what the kernel knew before it was asked. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { neighbourAnswers } from '../../src/host/probe.ts';

const AGES_MS = () => 60_000;
const ip = (words: string) => run('ip', words.split(' '), { okCodes: [0] });

beforeAll(async () => {
  await ip('netns add far');
  await ip('link add near0 type veth peer name far0 netns far');
  await ip('addr add 100.99.98.1/24 dev near0');
  await ip('link set near0 up');
  await ip('-n far addr add 100.99.98.2/24 dev far0');
  await ip('-n far link set far0 up');
});
afterAll(async () => {
  await ip('link del near0');
  await ip('netns del far');
});

it('one that answers echoes answers', async () => {
  expect(await neighbourAnswers('100.99.98.2', 'near0', AGES_MS)).toBeNull();
});

it('one that answers no echo is heard by ARP, and not when that was long ago', async () => {
  await run('ip', ['netns', 'exec', 'far', 'sysctl', '-qw', 'net.ipv4.icmp_echo_ignore_all=1'], { okCodes: [0] });
  expect(await neighbourAnswers('100.99.98.2', 'near0', AGES_MS)).toBeNull();
  expect(await neighbourAnswers('100.99.98.2', 'near0', () => -1)).toBe('does not answer, nor is it heard of by ARP');
  expect(await neighbourAnswers('100.99.98.3', 'near0', AGES_MS)).toBe('does not answer, nor is it heard of by ARP');
});

it('where no echo can be sent, what was heard by ARP for another reason says nothing', async () => {
  expect(await neighbourAnswers('100.99.98.2', 'near0', AGES_MS)).toBeNull();
  await ip('route add unreachable 100.99.98.2');
  expect(await neighbourAnswers('100.99.98.2', 'near0', AGES_MS)).toMatch(/unreachable|No route to host/i);
  await ip('route del unreachable 100.99.98.2');
});
