import { expect, test } from 'vitest';
import { checkAddressPool } from '../../src/objects/address-pool-check.ts';
import { checkCluster } from '../../src/objects/cluster-check.ts';
import { checkFloatingIP } from '../../src/objects/floating-ip-check.ts';
import { OBJECTS } from '../../src/objects/index.ts';
import { checkInterface } from '../../src/objects/interface-check.ts';
import { checkNamespace } from '../../src/objects/namespace-check.ts';
import { checkNetwork } from '../../src/objects/network-check.ts';
import { checkNode } from '../../src/objects/node-check.ts';
import { checkRoutedIP } from '../../src/objects/routed-ip-check.ts';

// checks.ts names the checks itself, so that `validate` loads no code that compiles; this keeps it in step with the table.
test('validate runs the check of every kind of definition in the table', () => {
  expect(OBJECTS.map(({ check }) => check)).toEqual([
    checkCluster,
    checkNode,
    checkAddressPool,
    checkNamespace,
    checkNetwork,
    checkInterface,
    checkFloatingIP,
    checkRoutedIP,
  ]);
});
