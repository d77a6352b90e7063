/** `netloom describe` and `addresses`: everything about one object, as a screen and as data. */
import { parseDuration } from '../model/duration.ts';
import { liveUsage } from '../pass/usage.ts';
import type { Seen } from '../pass/view.ts';
import { type AddressList, addressList, addressRows, poolAddressList } from '../report/addresses.ts';
import type { NetEvent } from '../report/events.ts';
import { asOf } from '../report/freshness.ts';
import type { AnyRecord } from '../report/records.ts';
import { type RefKind, refIndex, resolveRef } from '../report/resolve-ref.ts';
import { selectEvents } from '../report/select-events.ts';
import { csv } from '../report/table.ts';
import { publishedUsage, type Usage } from '../report/usage.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { columns, print } from './terminal.ts';
import { viewOf } from './view-kinds.ts';
import { type Form, printData, shown } from './view-output.ts';
import { hereIn, keyOf, kindOf, look, sayAge, type ViewOptions } from './view-source.ts';

type Options = ViewOptions & { readonly output: Form };

/** Everything about one object, with its newest events. */
export async function describeCommand(word: string, ref: string, options: Options): Promise<ExitCode> {
  const kind = kindOf(word);
  const seen = await look(options);
  const key = keyOf(ref, kind, options, seen);
  const record = one(kind, key, seen);
  const object = `${kind} ${key}`;
  const told = await seen.events({ holding: key });
  const events = selectEvents(
    told.filter(event => event.type !== 'usage'),
    { object, limit: 10 },
  );
  const usage = ['Network', 'Interface', 'FloatingIP'].includes(kind) ? { usage: await usageOf(object, told, options, seen) } : {};
  if (!printData({ ...record, asOf: asOf(seen), ...usage, events }, options.output)) {
    print(viewOf(kind).describe(record, { events, ...usage, width: columns() }, seen));
    sayAge(seen);
  }
  await seen.keep();
  return EXIT.fine;
}

/** Every address of a network, or of a pool, that is not free. */
export async function addressesCommand(ref: string, options: Options): Promise<ExitCode> {
  const seen = await look(options);
  const list = addressesOf(ref, options, seen);
  if (printData({ ...list, asOf: asOf(seen) }, options.output)) return EXIT.fine;
  const { columns: heads, rows } = addressRows(list);
  if (options.output === 'csv') print(csv(heads, rows));
  else
    print(
      list.items.length === 0
        ? `Network ${list.network} is layer 2 only: it has no addresses.`
        : shown({ columns: heads.map(head => head.toUpperCase()), rows }),
    );
  if (options.output === 'table') sayAge(seen);
  return EXIT.fine;
}

// A network of that name comes first: pools are few, and can be named by an address of theirs.
function addressesOf(ref: string, options: Options, seen: Seen): AddressList {
  const quarantineMs = parseDuration(seen.catalog.cluster.spec.quarantine) ?? 0;
  const network = resolveRef(ref, 'Network', options.allNamespaces ? null : options.namespace, refIndex(seen, 'Network'));
  const pool = resolveRef(ref, 'AddressPool', null, refIndex(seen, 'AddressPool'));
  const isPool = !('key' in network) && network.candidates.length === 0 && 'key' in pool;
  const key = isPool ? pool.key : keyOf(ref, 'Network', options, seen);
  const list = isPool ? poolAddressList(key, seen, quarantineMs) : addressList(key, seen, quarantineMs);
  if (list === null)
    throw new CommandError(`nothing is allocated to ${isPool ? 'AddressPool' : 'Network'} ${key} yet`, {
      hint: 'the first pass of any node allocates: netloom reconcile',
    });
  return list;
}

// On a node that counts the object the kernel is asked, elsewhere the newest samples tell.
async function usageOf(object: string, events: readonly NetEvent[], options: Options, seen: Seen): Promise<readonly Usage[]> {
  const published = publishedUsage(events, object);
  const here = hereIn(options);
  const live = here === null ? null : await liveUsage(object, { ...here, catalog: seen.catalog, ledger: seen.ledger, now: new Date() });
  return live === null ? published : [...published.filter(usage => usage.node !== live.node), live].sort((a, b) => (a.node < b.node ? -1 : 1));
}

function one(kind: RefKind, key: string, seen: Seen): AnyRecord {
  const found = viewOf(kind).one(key, seen);
  if (found === null) throw new CommandError(`there is no ${kind} ${key}`, { hint: `netloom get ${kind.toLowerCase()} -A` });
  return found;
}
