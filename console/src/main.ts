import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';

const target = document.getElementById('console');
if (!target) throw new Error('index.html has no element with the id "console"');
mount(App, { target });
