import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { refusesQueries } from '../../src/host/name-server.ts';

async function listen(): Promise<Socket> {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Longer than a busy machine takes. */
const patienceMs = 10_000;

describe('refusesQueries', () => {
  test('is false for who is silent, and for who answers a question', async () => {
    const server = await listen();
    const { port } = server.address();
    expect(await refusesQueries('127.0.0.1', { port, patienceMs: 10 })).toBe(false);
    server.on('message', (query, { port: asker }) => {
      if (query.includes('localhost')) server.send(query, asker, '127.0.0.1');
    });
    expect(await refusesQueries('127.0.0.1', { port, patienceMs })).toBe(false);
    server.close();
  });

  test('is true where nobody listens', async () => {
    const server = await listen();
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    expect(await refusesQueries('127.0.0.1', { port, patienceMs })).toBe(true);
  });
});
