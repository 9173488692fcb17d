import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const server = process.env.PLINTH_SERVER ?? 'http://127.0.0.1:7700';

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: 'target/classes/console',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy forbids data: scripts and styles; every asset is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { host: '127.0.0.1', proxy: { '/api': server } },
  test: { include: ['test/**/*.test.ts'], reporters: ['default', './test/surefire.ts'] },
});
