/** netloom(8): every command, option, argument and example of the program itself. */
import { bold, example, heading, italic, page, paragraph, plain, prose, subheading, term, wrapped } from './roff.mjs';

/**
 * @param root    the tree of commands; `meanings` of exit codes by number; `config` the schema of node.yaml; `configPath` where it is
 * @param units   name and description of each unit of systemd; `head` what all pages say
 */
export function commandsPage({ root, about, meanings, config, configPath, units, head }) {
  const help = root.createHelp();
  return page({
    ...head,
    name: 'netloom',
    section: 8,
    manual: 'System Administration',
    parts: [
      heading('NAME'),
      `${bold('netloom')} \\- GitOps for virtual networks on Linux`,
      heading('SYNOPSIS'),
      paragraph(`${bold('netloom')} [${bold('--no-color')}] ${italic('command')} [${italic('options')}] [${italic('arguments')}]`),
      paragraph(`${bold('netloom')} [${italic('command')}] ${bold('--help')}`),
      heading('DESCRIPTION'),
      ...[...about, ...DESCRIPTION].map(text => paragraph(prose(text))),
      heading('OPTIONS'),
      ...help.visibleOptions(root).map(optionTerm),
      paragraph(prose('Every command has `--help` too.')),
      ...groups(root, help).flatMap(([title, commands]) => [heading(title), ...commands.map(command => commandSection(command, help))]),
      heading('EXIT STATUS'),
      ...Object.entries(meanings).map(([code, meaning]) => term(bold(code), prose(sentence(meaning)))),
      paragraph(prose('What a code means of one command is said there.')),
      heading('ENVIRONMENT'),
      ...ENVIRONMENT.map(([name, text]) => term(bold(name), prose(text))),
      heading('FILES'),
      ...files(config, configPath).map(([name, text]) => term(bold(name), prose(text))),
      ...units.map(([name, text]) => term(bold(name), prose(sentence(text)))),
      heading('EXAMPLES'),
      // The codes have a section of their own.
      ...notesOf(root).filter(block => !block.join('\n').includes('Exit codes:')),
      heading('SEE ALSO'),
      paragraph(SEE_ALSO.map(([name, section]) => `${bold(name)}(${section})`).join(', ')),
      paragraph(prose('`/usr/share/doc/netloom` of the Debian package has the README, a repository of definitions to copy, and examples.')),
    ],
  });
}

const DESCRIPTION = [
  "Each node runs `netloom reconcile` by a timer, or `netloom watch` as a service. A pass pulls the definitions, checks them, works out what this kernel must look like, changes only what differs, reads it back, and publishes status and allocations to a status branch. What is not netloom's is never touched, and a remote that is down deletes nothing.",
  'Results go to stdout, logs and errors to stderr. Durations are a whole number with a unit: `30s`, `5m`, `2h`, `1d`.',
];

const ENVIRONMENT = [
  ['NETLOOM_CONFIG', 'The file of `--config`.'],
  ['NETLOOM_LOG_LEVEL', 'How much is logged: `debug`, `info` (what there is without it), `warn`, `error` or `silent`.'],
  ['NETLOOM_READER', '`commands`: the kernel is read by `ip`, `bridge` and `nft` instead of netlink.'],
  ['NETLOOM_LAB', 'Set by `netloom lab exec`: the lab that a node belongs to.'],
  ['NO_COLOR', 'No colour, as with `--no-color`.'],
  ['XDG_CACHE_HOME', 'Where `netloom validate`, and commands with `--repo`, keep what they can make again.'],
];

function files(config, configPath) {
  const { stateDir, runtimeDir } = config.properties;
  return [
    [configPath, 'The configuration of this node: netloom-node.yaml(5).'],
    [stateDir.default, stateDir.description],
    [runtimeDir.default, runtimeDir.description],
    ['/usr/lib/netloom/schemas', 'JSON Schemas of definitions and of what `-o json` prints (of the Debian package).'],
  ];
}

const SEE_ALSO = [
  ['netloom.yaml', 5],
  ['netloom-node.yaml', 5],
  ['git', 1],
  ['systemd.timer', 5],
  ['bridge', 8],
  ['dnsmasq', 8],
  ['ip', 8],
  ['nft', 8],
];

/** Commands that do something, under the headings of the help. */
function groups(root, help) {
  const found = new Map();
  for (const command of help.visibleCommands(root)) {
    if (command.name() === 'help') continue;
    const title = `COMMANDS: ${command.helpGroup().replace(/:$/, '').toUpperCase()}`;
    found.set(title, [...(found.get(title) ?? []), ...leaves(command, help)]);
  }
  return [...found];
}

/** Commands that do something, in the order of the help. */
function leaves(command, help) {
  const below = help.visibleCommands(command).filter(each => each.name() !== 'help');
  return below.length === 0 ? [command] : below.flatMap(each => leaves(each, help));
}

function commandSection(command, help) {
  const own = help.visibleOptions(command).filter(option => option.long !== '--help');
  return [
    subheading(help.commandUsage(command)),
    paragraph(prose(sentence(command.description()))),
    ...help.visibleArguments(command).map(argument => term(italic(argument.name()), prose(withFacts(argument)))),
    ...own.map(optionTerm),
    ...notesOf(command),
  ];
}

const optionTerm = option => term(flags(option.flags), prose(withFacts(option)));

/** `-o, --output <form>`: what is typed bold, what is filled in italic. */
const flags = text =>
  text
    .split(/([<[][^>\]]+[>\]])/)
    .map(part => (/^</.test(part) ? italic(part.slice(1, -1)) : /^\[/.test(part) ? `[${italic(part.slice(1, -1))}]` : boldWords(part)))
    .join('');

const boldWords = text => text.replace(/[^\s,]+|[\s,]+/g, word => (/^[\s,]+$/.test(word) ? plain(word) : bold(word)));

// A value that is explained (`observe: ...`) stays as it is typed.
const sentence = text => `${/^[a-z]+: /.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function withFacts({ description, argChoices, defaultValue, envVar }) {
  const facts = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.map(each => `\`${each}\``).join(', ')}`]),
    ...(typeof defaultValue === 'string' && defaultValue !== '' ? [`default \`${defaultValue}\``] : []),
    ...(envVar === undefined ? [] : [`in the environment \`${envVar}\``]),
  ];
  return sentence(facts.length === 0 ? description : `${description} (${facts.join('; ')})`);
}

/** What the help says after all options: examples, and sentences. */
function notesOf(command) {
  let text = '';
  command.emit('afterHelp', { error: false, command, write: words => (text += words) });
  const blocks = text
    .split(/\n{2,}/)
    .map(block => block.replace(/^\n+|\n+$/g, ''))
    .filter(Boolean);
  return blocks.map(block => {
    const [first, ...rest] = block.split('\n');
    if (first !== 'Examples:') return paragraph(prose(block));
    return [...(command.parent === null ? [] : [paragraph(prose('For example:'))]), example(rest.map(fitting).join('\n'))];
  });
}

/** What fits between the margin of an example and the edge of a page of 80 columns. */
const WIDTH = 69;

// `command   what it does`: what is too long for a line goes below the command.
function fitting(shown) {
  const text = shown.trim();
  // The rest of a command that the help itself cuts.
  if (/^ {3}/.test(shown)) return `  ${continued(text)}`;
  if (text.length <= WIDTH) return text;
  const [command, ...comment] = text.split(/ {2,}/);
  return [continued(command), ...wrapped(comment.join(' '), WIDTH - 4).map(each => `    ${each}`)].join('\n');
}

// As people type it: cut before an option or the next command, the others begin further right.
function continued(command) {
  const lines = [''];
  for (const part of command.split(/ (?=--|&& )/)) {
    const longer = `${lines.at(-1)} ${part}`.trim();
    if (longer.length + 4 <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.filter(Boolean).join(' \\\n  ');
}
